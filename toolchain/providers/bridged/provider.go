// Package bridged makes Pulumi providers of the Terraform providers that this project uses, with the names that
// the published TypeScript SDKs expect.
package bridged

import (
	"context"
	"encoding/json"
	"fmt"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// Provider is one provider, ready to be served or described.
type Provider struct {
	// Info is the mapping from Terraform to Pulumi.
	Info tfbridge.ProviderInfo
	// framework tells whether the provider is written with Terraform's plugin framework, which another server
	// of the bridge serves.
	framework bool
}

// New maps the provider with this name. The error names the ones there are.
func New(name string) (*Provider, error) {
	source, ok := sources[name]
	if !ok {
		return nil, fmt.Errorf("no provider %q in this program, only %v", name, Names())
	}
	info := tfbridge.ProviderInfo{
		P:              source.open(),
		Name:           name,
		Version:        source.version,
		ResourcePrefix: name,
		MetadataInfo:   tfbridge.NewProviderMetadata([]byte("{}")),
		Resources:      map[string]*tfbridge.ResourceInfo{},
		DataSources:    map[string]*tfbridge.DataSourceInfo{},
	}
	info.P.ResourcesMap().Range(func(tf string, _ shim.Resource) bool {
		info.Resources[tf] = &tfbridge.ResourceInfo{Tok: resourceToken(name, tf, source.modules)}
		return true
	})
	info.P.DataSourcesMap().Range(func(tf string, _ shim.Resource) bool {
		info.DataSources[tf] = &tfbridge.DataSourceInfo{Tok: functionToken(name, tf, source.modules)}
		return true
	})
	adjust(&info)
	return &Provider{Info: info, framework: source.framework}, nil
}

// Serve answers the Pulumi engine until it hangs up. It does not return.
func (p *Provider) Serve(ctx context.Context) {
	// The engine needs no more of a schema than this: the SDKs are generated already. cmd/schema prints the rest.
	schema, err := json.Marshal(map[string]string{"name": p.Info.Name, "version": p.Info.Version})
	if err != nil {
		panic(err) // two strings always marshal
	}
	if p.framework {
		pf.Main(ctx, p.Info.Name, p.Info, pf.ProviderMetadata{PackageSchema: schema})
		return
	}
	tfbridge.Main(p.Info.Name, p.Info.Version, p.Info, schema)
}
