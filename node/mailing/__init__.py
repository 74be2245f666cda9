"""The weekly mail: whoever wants it gets their news by e-mail, and is rid of it by one press.

`wanting` (an address, confirmed by a link, and stopping), `tokens` (what the links carry), `composing` (what is said),
`writing` (the message), `post` (any SMTP server), `sending` (whose turn it is). Law: an address stands in one table
and in no log; a mail says nothing that is not public; nothing in it tells this node whether it was read.
"""
