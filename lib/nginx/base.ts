/** Port of the health page, reachable inside the container only. */
export const HEALTH_PORT = 8090;

/** What holds for all sites: the process, the log, sizes and times. */
export const BASE = `worker_processes auto;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;

events {
  worker_connections 2048;
}

http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  server_tokens off;

  client_body_temp_path /tmp/client_body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;

  # No query strings: they carry authorization codes and presigned signatures.
  log_format json escape=json '{"time":"$time_iso8601","client":"$remote_addr","host":"$host","method":"$request_method",'
    '"path":"$uri","status":$status,"bytes":$body_bytes_sent,"seconds":$request_time,"upstream":"$upstream_response_time"}';
  access_log /dev/stdout json;

  sendfile on;
  tcp_nopush on;
  keepalive_timeout 75s;
  keepalive_requests 10000;

  # Artifacts of any size stream through; nothing is stored here.
  client_max_body_size 0;
  proxy_request_buffering off;
  proxy_max_temp_file_size 0;
  proxy_connect_timeout 5s;
  proxy_read_timeout 30m;
  proxy_send_timeout 30m;
  proxy_http_version 1.1;
  # Larger pieces than the defaults take a third of the processor time for each MiB of an upload, and half for a
  # download (measured), at most 0.75 MiB per transfer under way.
  client_body_buffer_size 256k;
  proxy_buffers 8 64k;
  proxy_busy_buffers_size 128k;
  # Sign-in answers of Keycloak carry long headers.
  proxy_buffer_size 16k;
  large_client_header_buffers 4 16k;

  gzip on;
  gzip_proxied any;
  gzip_min_length 1024;
  gzip_types text/css text/javascript application/javascript application/json image/svg+xml;

  # An empty Connection header keeps upstream connections open; an upgrade passes WebSockets.
  map $http_upgrade $upstream_connection {
    default upgrade;
    '' '';
  }
  limit_req_zone $binary_remote_addr zone=login:1m rate=10r/s;
  limit_req_status 429;

  include /tmp/upstreams.conf;

  server {
    listen 127.0.0.1:${HEALTH_PORT};
    access_log off;
    location = /healthz {
      default_type text/plain;
      return 200 'ok';
    }
  }
`;
