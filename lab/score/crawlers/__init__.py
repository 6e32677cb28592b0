"""The crawlers that the course itself puts on the board."""
