// Package shim opens the Docker provider, which its module keeps internal.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// New returns the upstream provider, reporting this version.
func New(version string) *schema.Provider { return provider.New(version)() }
