"""The fediverse: one account of this node that people elsewhere can follow, on Mastodon for example (ActivityPub).

Law of this room: only public practices of this node itself go out, and of what comes in only Follow, its Undo and the
Delete of an account have an effect. A web thread never waits for another server: it writes a few facts down, and the
worker examines them. Whatever is asked of another server goes through `federation.outbound`. Who follows is told to
nobody. Sources: W3C ActivityPub and Activity Streams 2.0, RFC 7033 (WebFinger), draft-cavage-http-signatures-12; why
these: docs/decisions/0016-activitypub.md.
"""
