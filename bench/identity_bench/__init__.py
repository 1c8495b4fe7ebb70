"""The parts of bench/identity; each module is one concept."""
