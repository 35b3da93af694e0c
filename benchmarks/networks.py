"""Two small networks and the ways to run M of them: at once, member by member, or separately.

Each way takes images `(B, 28, 28, 1)` and gives a function of nothing that runs one pass.
"""

import gc

from timing import compiled, stateless

# Examples at which the two networks are measured; rows, where those stay.
EXAMPLES = {"mlp": 256, "cnn": 64}


def network(name):
    """One network of plain Keras layers, "mlp" or "cnn", from images (28, 28, 1) to 10 logits."""
    import keras
    from keras import layers

    body = {
        "mlp": lambda: [
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dense(512, activation="relu"),
        ],
        "cnn": lambda: [
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.GlobalAveragePooling2D(),
        ],
    }[name]()
    return keras.Sequential([layers.Input((28, 28, 1)), *body, layers.Dense(10)])


def ensemble(name, members):
    """The same network of `members` members, `(B, 28, 28, 1)` to `(B, M, 10)`."""
    from be_keras.convert import to_batch_ensemble

    return to_batch_ensemble(network(name), members)


def weights_of(model):
    """The values of a model's weights, all of which train."""
    return [variable.value for variable in model.trainable_variables]


def one_pass(name, members, images, backward, xla):
    """A function of nothing: one pass of all members at once, gradients of the weights if asked."""
    import keras

    model = ensemble(name, members)
    run = compiled(stateless(model, model.trainable_variables), xla)
    pull = keras.random.normal((len(images), members, 10), seed=0) if backward else None
    return lambda: run(images, weights_of(model), pull)


def separate(name, members, images, backward, xla):
    """The same of separate networks, one after another.

    They share one program, which takes the weights of each: as many compiled models would take
    more memory and as much time.
    """
    import keras

    model = network(name)  # the first of them
    run = compiled(stateless(model, model.trainable_variables), xla)
    pull = keras.random.normal((len(images), 10), seed=0) if backward else None
    networks = [weights_of(model), *(weights_of(network(name)) for _ in range(members - 1))]
    return lambda: [run(images, weights, pull) for weights in networks]


def one_by_one(name, members, images, xla):
    """A function of nothing: predictions of members that are extracted one after another."""
    from be_keras.convert import extract_member

    model = ensemble(name, members)
    plain = network(name)
    run = compiled(stateless(plain, plain.trainable_variables), xla)

    def predict():
        for member in range(members):
            run(images, weights_of(extract_member(model, member)), None)
            gc.collect()  # a Keras model is a cycle of references, which only this frees at once

    return predict
