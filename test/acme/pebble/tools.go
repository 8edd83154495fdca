//go:build tools

// Package tools pins Pebble, the ACME server of Let's Encrypt for tests.
package tools

import _ "github.com/letsencrypt/pebble/v2/cmd/pebble"
