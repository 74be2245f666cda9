"""Words that say nothing, per language: left out of the index and of queries. Data only.

Law: written as `language.fold` leaves them (lower case, no accents, Arabic letters unified), since they are looked up
after folding and before stemming. Question words are here on purpose: people type whole questions.
"""

from collections.abc import Mapping

_FR = """
a ai ait alors apres au aucun aucune aura aurait aussi autre autres aux avait avant avec avez avoir avons car ce ceci
cela celle celles celui ces cet cette ceux chaque chez ci comme comment dans de deja depuis des dont du elle elles en
encore entre est et etaient etait etant ete etes etre eu eux faire fait font fut ici il ils je la le les leur leurs
lors lui ma mais me meme memes mes moi mon ne ni non nos notre nous on ont ou par parce pas pendant peu peut peuvent
plus plusieurs pour pourquoi puis quand que quel quelle quelles quels qui quoi sa sans se sera serait ses si soit son
sont sous sur ta tandis te tel telle telles tels tes toi ton tous tout toute toutes tres tu un une vers via voici vos
votre vous y
"""

_AR = """
في من علي الي عن مع هذا هذه ذلك تلك هناك هنا التي الذي الذين اللذين اللتين اللواتي او ام ثم قد كما كان كانت كانوا
يكون تكون لا ما لم لن ان انه انها انهم هو هي هم هن نحن انت انا بين كل بعض بعد قبل عند حتي اذا اذ لو غير حول خلال منذ
ليس ليست لكن بل اي ايضا مثل ضمن عبر لدي له لها لهم به بها بهم فيه فيها منه منها عليه عليها اليه اليها حيث كيف متي
اين ماذا لماذا هل سوف عدد ذات دون نحو وهو وهي وقد بان بما مما فان الا
"""

_DE = """
aber alle allem allen aller alles als also am an ander andere anderem anderen anderer auch auf aus bei beim bin bis
bist da dabei dadurch dafuer dafur damit dann daran darauf daruber darueber das dass dein deine dem den denn der deren
des dessen deshalb die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines er es
etwas euch euer fuer fur gegen hat hatte hatten habe haben hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer
im in indem ins ist ja je jede jedem jeden jeder jedes jene kann kein keine keinem keinen keiner koennen konnen man
mehr mein meine mich mir mit muss muessen mussen nach nicht nichts noch nun nur ob oder ohne sehr sein seine seinem
seinen seiner seit selbst sich sie sind so sowie soll sollen sonst ueber uber um und uns unser unsere unter vom von vor
waehrend wahrend war waren warum was weil welche welcher wenn wer werden wie wieder will wir wird wo wurde wurden wo zu
zum zur zwischen
"""

_TR = """
acaba ama ancak artik asla az bana bazi belki ben benim beri bile bir biri birkac biz bize bizim bu buna bunda bundan
bunlar bunu bunun burada cok cunku da daha de defa degil diger diye dolayi eger en gibi gore hem hep hepsi her herkes
hic icin ile ilgili iste kadar karsi kendi ki kim mi mu nasil ne neden nerede nicin niye o olan olarak oldu olup
olur ona ondan onlar onu onun oysa once sadece sana sanki sen siz sonra suna tarafindan tum uzere ve veya ya yani
yine yoksa zaten
"""

_EN = """
a about after again all also am an and any are as at be because been before being between both but by can could did do
does doing down during each few for from further had has have having he her here hers him his how i if in into is it
its itself just me more most my no nor not of off on once only or other our out over own same she should so some such
than that the their theirs them then there these they this those through to too under until up us very was we were what
when where which while who whom why will with would you your yours
"""

STOP_WORDS: Mapping[str, frozenset[str]] = {
    "fr": frozenset(_FR.split()),
    "ar": frozenset(_AR.split()),
    "de": frozenset(_DE.split()),
    "tr": frozenset(_TR.split()),
    "en": frozenset(_EN.split()),
}
"""Language -> its stop words, folded. A language that is not here has none."""
