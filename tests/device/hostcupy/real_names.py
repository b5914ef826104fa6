"""Run by itself, in a process with the real CuPy: prints which of the names on stdin it lacks."""

import importlib
import importlib.util
import json
import sys


def has(dotted: str) -> bool:
    """Whether the name can be reached, by importing modules and by getting attributes.

    CuPy's wrappers of CUDA's libraries cannot be imported where the libraries are missing;
    there the module's file counts.
    """
    first, *rest = dotted.split(".")
    place, path = importlib.import_module(first), first
    for name in rest:
        path += f".{name}"
        try:
            place = getattr(place, name)
            continue
        except AttributeError:
            if not hasattr(place, "__path__") or importlib.util.find_spec(path) is None:
                return False
        except ImportError:
            places = (path, f"cupy_backends.cuda.libs.{name}")
            return any(importlib.util.find_spec(p) is not None for p in places)
        try:
            place = importlib.import_module(path)
        except ImportError:
            return True
    return True


names = json.load(sys.stdin)
print(json.dumps([name for name in names if not has(name)]))
