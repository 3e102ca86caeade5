"""What a job tells of itself while it runs: its progress, and its log.

Neither waits for the hub's log, nor ever fails the job for its sake.
"""
