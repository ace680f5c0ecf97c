# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Context keys that only our own code can set."""


class Inside:
    """What a context key holds that no request may set.

    Everybody sends a context with his requests. A key that lets work be skipped counts
    only with `INSIDE` as its value: an object of this process, which cannot be sent.
    """

    def __repr__(self):
        return "INSIDE"


INSIDE = Inside()


def is_inside(env, key):
    """Tell whether our own code has set a key of the context.

    :param env: `odoo.api.Environment`
    :param str key: key of the context
    :return: bool
    """
    return env.context.get(key) is INSIDE
