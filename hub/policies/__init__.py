"""Topic policies: how much of a topic is kept, how it is delivered, and who may read and publish it.

A policy is for the live topics that match its pattern; of several the most exact one holds. Without one a
topic is under the settings alone, and costs nothing here.
"""
