"""Would a test notice? One small change at a time is made to a room of the core, and its tests are run against it."""
