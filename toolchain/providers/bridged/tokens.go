package bridged

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// resourceTokens: where the SDK's name of a resource does not follow from Terraform's.
var resourceTokens = map[string]tokens.Type{
	"docker_config": "docker:index/serviceConfig:ServiceConfig",
	"docker_image":  "docker:index/remoteImage:RemoteImage",
	"keycloak_attribute_to_role_identity_provider_mapper": "keycloak:index/attributeToRoleIdentityMapper:AttributeToRoleIdentityMapper",
	"keycloak_custom_identity_provider_mapper":            "keycloak:index/customIdentityProviderMapping:CustomIdentityProviderMapping",
	"keycloak_hardcoded_role_identity_provider_mapper":    "keycloak:index/hardcodedRoleIdentityMapper:HardcodedRoleIdentityMapper",
	"keycloak_openid_client_client_policy":                "keycloak:openid/clientPolicy:ClientPolicy",
	"keycloak_realm_keystore_java_keystore":               "keycloak:index/realmKeystoreJavaGenerated:RealmKeystoreJavaGenerated",
	"keycloak_saml_client_default_scopes":                 "keycloak:saml/clientDefaultScope:ClientDefaultScope",
}

// functionTokens: the same for data sources.
var functionTokens = map[string]tokens.ModuleMember{
	"docker_image":                      "docker:index/getRemoteImage:getRemoteImage",
	"keycloak_authentication_execution": "keycloak:index/getAuthenticationExecution:getAuthenticationExecution",
	"keycloak_authentication_flow":      "keycloak:index/getAuthenticationFlow:getAuthenticationFlow",
}

// resourceToken is the SDK's token of a Terraform resource.
func resourceToken(provider, tf string, modules []string) tokens.Type {
	if token, ok := resourceTokens[tf]; ok {
		return token
	}
	module, rest := split(provider, tf, modules)
	if provider == "random" { // its classes keep the prefix: random.RandomPassword
		rest = "random_" + rest
	}
	name := camel(rest)
	return tokens.Type(fmt.Sprintf("%s:%s/%s:%s", provider, module, name, capital(name)))
}

// functionToken is the SDK's token of a Terraform data source.
func functionToken(provider, tf string, modules []string) tokens.ModuleMember {
	if token, ok := functionTokens[tf]; ok {
		return token
	}
	module, rest := split(provider, tf, modules)
	name := "get" + capital(camel(rest))
	return tokens.ModuleMember(fmt.Sprintf("%s:%s/%s:%s", provider, module, name, name))
}

// split gives the SDK's module of a Terraform name, and the rest of that name.
func split(provider, tf string, modules []string) (module, rest string) {
	rest = strings.TrimPrefix(tf, provider+"_")
	for _, prefix := range modules {
		if strings.HasPrefix(rest, prefix) {
			return strings.TrimSuffix(prefix, "_"), strings.TrimPrefix(rest, prefix)
		}
	}
	return "index", rest
}

// camel turns snake_case into camelCase.
func camel(snake string) string {
	parts := strings.Split(snake, "_")
	for i := range parts {
		if i > 0 && parts[i] != "" {
			parts[i] = capital(parts[i])
		}
	}
	return strings.Join(parts, "")
}

// capital makes the first letter a capital.
func capital(s string) string {
	runes := []rune(s)
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}
