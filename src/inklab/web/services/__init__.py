"""What the routes share: the user's folders, caches, background jobs, and processes.

Wrong input and missing files raise `InklabError`, which the application turns into status 400. Where another
status is meant, `HTTPException` is raised.
"""
