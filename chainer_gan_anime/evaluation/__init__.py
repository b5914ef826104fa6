"""Judges generators: features, scores against a floor, alarms.

Each score is one short file that registers itself by name (:mod:`.registry`); importing this
package fills the registry.
"""
