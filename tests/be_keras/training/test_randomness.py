"""Random states come from seed and step alone."""

import keras

from be_keras.training import reseed


def test_random_states_come_from_seed_and_step_alone():
    def states(seed, step):
        model = keras.Sequential([keras.layers.Dropout(0.5), keras.layers.Dropout(0.5)])
        model.build((None, 3))
        model.compile("sgd", "mse")
        reseed(model, seed, step)
        generators = [layer.seed_generator.state for layer in model.layers]
        return [tuple(keras.ops.convert_to_numpy(state).tolist()) for state in generators]

    assert states(0, 5) == states(0, 5)
    first, second = states(0, 5)
    assert len({first, second, *states(1, 5), *states(0, 6)}) == 6
