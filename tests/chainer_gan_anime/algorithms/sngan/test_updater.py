import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.data.iterator import DeviceIterator


@pytest.mark.parametrize("power_iteration, n_moves", [("update", 1), ("forward", 3)])
def test_how_often_u_moves(make_settings, faces, rng, power_iteration, n_moves):
    settings = make_settings("sngan", power_iteration=power_iteration)
    models = registry.make_generator(settings), registry.make_discriminator(settings)
    updater = registry.make_updater(settings, models, DeviceIterator(faces.images, 8, rng))
    hook = updater.dis.c0_0.local_link_hooks["SpectralNormalization"]
    seen, normalize = [], hook.normalize_weight

    def count(link):
        before = link.W_u.copy()
        weight = normalize(link)
        seen.append(not (link.W_u == before).all())
        return weight

    hook.normalize_weight = count
    updater.update()
    assert sum(seen) == n_moves
