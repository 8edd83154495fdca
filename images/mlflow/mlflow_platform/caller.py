"""Who a request comes from, for what runs further in: stores, in whatever thread they run."""

from contextvars import ContextVar

#: Username that the login plugin has verified, while its request is served; None outside of requests.
#: Threads that serve a request see it too, since they run in a copy of its context.
caller: ContextVar[str | None] = ContextVar("mlflow_platform_caller", default=None)
