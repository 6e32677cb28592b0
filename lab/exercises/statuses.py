"""The error statuses that the judges try, and the documents that the server sends with some good ones."""

# Those in use, the numbers next to them, and some that only proxies send.
ERROR_STATUSES = (*range(400, 432), 440, 444, 451, 499, *range(500, 532), 555, 598, 599)

OK = {"status": 200, "title": "OK"}
CREATED = {"status": 201, "title": "Created"}
ACCEPTED = {"status": 202, "title": "Accepted"}
MULTIPLE_CHOICES = {"status": 300, "title": "Multiple Choices"}
