package bridged

import (
	"slices"

	minio "github.com/aminueza/terraform-provider-minio/v2/minio"
	sdkv1 "github.com/hashicorp/terraform-plugin-sdk/helper/schema"
	tls "github.com/hashicorp/terraform-provider-tls/shim"
	keycloak "github.com/keycloak/terraform-provider-keycloak/provider"
	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	shimv1 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v1"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	docker "github.com/terraform-providers/terraform-provider-docker/shim"
	"github.com/terraform-providers/terraform-provider-postgresql/postgresql"
	random "github.com/terraform-providers/terraform-provider-random/shim"
)

// source says where a provider comes from.
type source struct {
	// version is that of the npm SDK, which asks the engine for a plugin of exactly this version.
	version string
	// open makes the Terraform provider.
	open func() shim.Provider
	// modules are the prefixes of Terraform names that are modules in the SDK (keycloak_openid_client is
	// keycloak.openid.Client).
	modules []string
	// framework: written with Terraform's plugin framework, not its older SDKs.
	framework bool
}

const dockerVersion = "5.2.0"

var sources = map[string]source{
	"docker": {
		version: dockerVersion,
		open:    func() shim.Provider { return shimv2.NewProvider(docker.New(dockerVersion)) },
	},
	"keycloak": {
		version: "6.13.0",
		open:    func() shim.Provider { return shimv2.NewProvider(keycloak.KeycloakProvider(nil)) },
		modules: []string{"openid_", "saml_", "ldap_", "oidc_", "authentication_"},
	},
	"minio": {
		version: "0.17.1",
		open:    func() shim.Provider { return shimv2.NewProvider(minio.Provider()) },
	},
	"postgresql": {
		version: "3.18.1",
		open:    func() shim.Provider { return shimv1.NewProvider(postgresql.Provider().(*sdkv1.Provider)) },
	},
	"random": {
		version:   "4.21.2",
		open:      func() shim.Provider { return pf.ShimProvider(random.New()) },
		framework: true,
	},
	"tls": {
		version:   "5.6.1",
		open:      func() shim.Provider { return pf.ShimProvider(tls.New()) },
		framework: true,
	},
}

// Names lists the providers of this program, sorted.
func Names() []string {
	names := make([]string, 0, len(sources))
	for name := range sources {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
