package bridged

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Generated names, as the published providers make them: at most this long, with this separator.
const (
	maxNameLength = 255
	nameSeparator = "-"
)

// autoNamed: fields other than "name" that are filled from the resource's name. A field marked so is also what
// makes the bridge delete before it replaces when the name was written out.
var autoNamed = map[string]string{
	"keycloak_authentication_execution_config": "alias",
	"keycloak_authentication_flow":             "alias",
	"keycloak_authentication_subflow":          "alias",
	"keycloak_oidc_google_identity_provider":   "client_id",
	"keycloak_openid_client":                   "client_id",
	"keycloak_realm":                           "realm",
}

// adjust does what the published providers do by hand: property names, replacement, generated names and ids.
func adjust(info *tfbridge.ProviderInfo) {
	for tf, field := range autoNamed {
		if r := info.Resources[tf]; r != nil {
			r.Fields = map[string]*tfbridge.SchemaInfo{
				field: tfbridge.AutoName(camel(field), maxNameLength, nameSeparator),
			}
		}
	}
	switch info.Name {
	case "docker":
		info.Config = map[string]*tfbridge.SchemaInfo{"registry_auth": {Name: "registryAuth"}}
		container := info.Resources["docker_container"]
		container.DeleteBeforeReplace = true // fixed names and ports
		// The bridge would make plurals of these two.
		container.Fields = map[string]*tfbridge.SchemaInfo{
			"command":           {Name: "command"},
			"networks_advanced": {Name: "networksAdvanced"},
		}
		// The name of an image is what to pull or build, so it is never generated.
		info.Resources["docker_image"].Fields = map[string]*tfbridge.SchemaInfo{"name": {Name: "name"}}
	case "minio":
		// Bytes, beyond the range of an int32.
		info.Resources["minio_s3_bucket"].Fields = map[string]*tfbridge.SchemaInfo{"quota": {Type: "number"}}
	case "postgresql":
		info.Resources["postgresql_grant"].DeleteBeforeReplace = true
	case "random":
		info.Resources["random_bytes"].ComputeID = base64ID
		return // nothing in it has a name
	}
	info.SetAutonaming(maxNameLength, nameSeparator)
}

// base64ID identifies random_bytes, which has no id attribute of its own.
func base64ID(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
	v := state["base64"]
	if v.IsSecret() {
		v = v.SecretValue().Element
	}
	if !v.IsString() {
		return "", errors.New("random_bytes: no base64 in the state")
	}
	return resource.ID(v.StringValue()), nil
}
