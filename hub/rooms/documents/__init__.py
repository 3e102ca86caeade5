"""Shared documents: those of Yjs, by the protocol of y-websocket."""
