"""Binary frames of rooms: relayed in order and without loss, by way of a topic of their own in the log.

The topic's history is short (`hub.policies.current.BINARY`), and serves who was cut off. A sender keeps
within its credit, and has it back as its frames are accepted.
"""
