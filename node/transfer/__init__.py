"""Records and statements as files: reading, writing and verifying them.

Law of this folder: a file is a stranger. Records from a file pass the same door as those of a peer; names in a file
are never used as paths; whatever a line says, the next line is still read. What leaves is the exact bytes that came.
"""
