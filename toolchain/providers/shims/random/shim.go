// Package shim opens the random provider, which its module keeps internal.
package shim

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"
	p "github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// New returns the upstream provider.
func New() provider.Provider { return p.New() }
