"""What a project with pages of its own needs: a middleware for the hub's pages, and system checks."""
