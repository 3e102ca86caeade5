"""What a memory log keeps, as `append.lua` keeps it in Redis."""
