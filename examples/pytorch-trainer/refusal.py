class Refusal(Exception):
    """The order cannot be met. `reason`: Unsupported, InvalidSpec, Data, Checkpoint, Device or Unavailable."""

    def __init__(self, reason, field, message, retryable=False):
        super().__init__(message)
        self.fields = dict(reason=reason, field=field, message=f"{field}: {message}", retryable=retryable)
