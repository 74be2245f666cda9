"""Where the bytes of attachments lie: a folder of this machine, or a bucket that several machines share.

Law of this room: bytes are kept whole or not at all, never believed (they are compared with their hash whenever they
are read), and gone when they are dropped. What is kept, wanted and shown is decided elsewhere (`node/filing.py`).
"""
