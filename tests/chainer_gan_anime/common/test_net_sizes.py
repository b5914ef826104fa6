import pytest

from chainer_gan_anime.common.net_sizes import check_sizes, count_stages
from crawler.shared.errors import UserError


@pytest.mark.parametrize("image_size, n_stages", [(8, 1), (64, 4), (128, 5)])
def test_stages_double_from_four_pixels(image_size, n_stages):
    assert count_stages(image_size) == n_stages and 4 << n_stages == image_size


@pytest.mark.parametrize(
    "variant, image_size, ch",
    [("A", 48, 64), ("A", 4, 64), ("B", 12, 64), ("B", 16, 4), ("A", 64, 12)],
)
def test_sizes_that_do_not_fit_are_refused(variant, image_size, ch):
    with pytest.raises(UserError, match="does not fit"):
        check_sizes(variant, image_size, ch)
