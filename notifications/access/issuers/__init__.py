"""Tokens that other systems issue for their people (``HUB_JWT_ISSUERS``): issuers, their keys, the claims."""
