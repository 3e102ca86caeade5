from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class People(BaseUserManager[Any]):
    def create_user(self, name: str, password: str | None = None, **fields: Any) -> Any:
        user = self.model(**{self.model.USERNAME_FIELD: name}, **fields)
        user.set_password(password)
        user.save()
        return user


class Person(AbstractBaseUser, PermissionsMixin):
    """Signs in by e-mail, and has a UUID; knows no date of joining, and has groups under another name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    objects: ClassVar[People] = People()
    USERNAME_FIELD = "email"

    class Meta:
        swappable = "AUTH_USER_MODEL"


class Member(AbstractBaseUser):
    """Has a text as key, and nothing that is not needed: no groups, permissions, flags or dates."""

    key = models.CharField(primary_key=True, max_length=40)
    handle = models.CharField(max_length=40, unique=True)

    objects: ClassVar[People] = People()
    USERNAME_FIELD = "handle"

    class Meta:
        swappable = "AUTH_USER_MODEL"


class Account(AbstractBaseUser, PermissionsMixin):
    """Has an integer under another name, and Django's fields in a table of another name."""

    number = models.BigAutoField(primary_key=True)
    login = models.CharField(max_length=40, unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True, db_column="since when")

    objects: ClassVar[People] = People()
    USERNAME_FIELD = "login"

    class Meta:
        swappable = "AUTH_USER_MODEL"
        db_table = "the accounts"
