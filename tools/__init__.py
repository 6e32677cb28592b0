"""For maintainers: the notebooks, the pictures and the site."""
