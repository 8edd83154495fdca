"""The certificate job of the platform: one process beside NGINX.

It keeps the DuckDNS address current (`address`), has Certbot obtain and renew the certificate (`renewal`, `runner`,
`certbot_main`, `plugin`), publishes it for NGINX (`publish`) and says how things stand (`status`).
"""
