"""People and programs that prove who they are through a provider of OpenID Connect."""
