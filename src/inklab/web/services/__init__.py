"""What the routes share: the user's folders, caches, background jobs, and processes."""
