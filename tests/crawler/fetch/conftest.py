import pytest
from sites.server import Reply, Site


class Pages(Site):
    def reply(self, path, query, headers):
        return Reply(b"fine")


@pytest.fixture
def site():
    """A site that answers every request with the same page."""
    with Pages() as site:
        yield site
