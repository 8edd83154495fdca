//go:build tools

// Package tools pins the node language host. It has a module of its own because its dependencies clash with those
// of the CLI; v3.68.0 is the last version in which it is a plain package of the SDK's module.
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"
