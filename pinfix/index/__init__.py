"""What an index says: listings and metadata parsed without I/O, the client, the store."""
