"""An issuer of tokens in a process of its own, and one instance that accepts them."""
