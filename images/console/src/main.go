// Command minio-console serves the MinIO console with OpenID login as its only door.
//
// MinIO's server used to fill the console's OpenID settings and lost that in 2025-05. The console itself still
// knows how to sign in, so this program fills them from the environment:
//
//	CONSOLE_IDP_URL                   discovery document (required)
//	CONSOLE_IDP_CLIENT_ID, _SECRET    client at the identity provider (required)
//	CONSOLE_IDP_CALLBACK              public address of /oauth_callback (required)
//	CONSOLE_IDP_SCOPES                scopes, default "openid"
//	CONSOLE_IDP_DISPLAY_NAME          text of the button, default "Single sign-on"
//	CONSOLE_IDP_END_SESSION_ENDPOINT  where signing out ends the session; the one of the discovery document if unset
//	CONSOLE_IDP_ROLE_ARN              only for role policies; unset where the policy comes from a claim
//	CONSOLE_SECURE_COOKIES            "on" marks cookies Secure: TLS ends at the proxy in front
//	CONSOLE_HOSTNAME                  address to listen on, default 0.0.0.0
//
// The console's library reads the rest by itself: CONSOLE_MINIO_SERVER, CONSOLE_PBKDF_PASSPHRASE and
// CONSOLE_PBKDF_SALT (required here, because random ones would end every session at a restart), CONSOLE_PORT,
// CONSOLE_STS_DURATION, CONSOLE_MINIO_REGION and more.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"github.com/go-openapi/loads"
	"github.com/minio/console/api"
	"github.com/minio/console/api/operations"
	"github.com/minio/console/pkg/auth/idp/oauth2"
)

// loginPath takes keys by POST; GET tells the login page what it may offer.
const loginPath = "/api/v1/login"

var required = []string{
	"CONSOLE_MINIO_SERVER",
	"CONSOLE_PBKDF_PASSPHRASE",
	"CONSOLE_PBKDF_SALT",
	"CONSOLE_IDP_URL",
	"CONSOLE_IDP_CLIENT_ID",
	"CONSOLE_IDP_SECRET",
	"CONSOLE_IDP_CALLBACK",
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	if err := checkEnvironment(); err != nil {
		return err
	}
	if err := configure(); err != nil {
		return err
	}
	server, err := newServer()
	if err != nil {
		return err
	}
	defer func() { _ = server.Shutdown() }()
	return server.Serve()
}

// checkEnvironment names everything that is missing at once.
func checkEnvironment() error {
	var missing []string
	for _, name := range required {
		if os.Getenv(name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("the console cannot start, not set: %s", strings.Join(missing, ", "))
	}
	return nil
}

// configure fills the library's global settings.
func configure() error {
	api.LogInfo = log.Printf
	api.LogError = log.Printf
	// The library's default does not verify certificates at all. nil RootCAs means those of the system.
	api.GlobalTransport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if os.Getenv("CONSOLE_SECURE_COOKIES") == "on" {
		// The library marks cookies Secure when it holds a certificate; only the length of this list is read.
		api.GlobalPublicCerts = []*x509.Certificate{{}}
		// It would also redirect to a TLS port of its own.
		if err := os.Setenv("CONSOLE_SECURE_TLS_REDIRECT", "off"); err != nil {
			return errors.Join(errors.New("the console cannot turn its TLS redirect off"), err)
		}
	}
	api.GlobalMinIOConfig.OpenIDProviders = oauth2.OpenIDPCfg{"keycloak": {
		URL:                os.Getenv("CONSOLE_IDP_URL"),
		DisplayName:        envOr("CONSOLE_IDP_DISPLAY_NAME", "Single sign-on"),
		ClientID:           os.Getenv("CONSOLE_IDP_CLIENT_ID"),
		ClientSecret:       os.Getenv("CONSOLE_IDP_SECRET"),
		HMACSalt:           os.Getenv("CONSOLE_PBKDF_SALT"),
		HMACPassphrase:     os.Getenv("CONSOLE_PBKDF_PASSPHRASE"),
		Scopes:             envOr("CONSOLE_IDP_SCOPES", "openid"),
		RedirectCallback:   os.Getenv("CONSOLE_IDP_CALLBACK"),
		EndSessionEndpoint: os.Getenv("CONSOLE_IDP_END_SESSION_ENDPOINT"),
		RoleArn:            os.Getenv("CONSOLE_IDP_ROLE_ARN"),
	}}
	return nil
}

func newServer() (*api.Server, error) {
	spec, err := loads.Embedded(api.SwaggerJSON, api.FlatSwaggerJSON)
	if err != nil {
		return nil, fmt.Errorf("the console cannot load its API description: %w", err)
	}
	operationsAPI := operations.NewConsoleAPI(spec)
	operationsAPI.Logger = log.Printf
	server := api.NewServer(operationsAPI)
	server.ConfigureFlags()
	server.ConfigureAPI()
	// The library's command-line flags would set these; their zero values close every connection after one answer.
	server.Host = envOr("CONSOLE_HOSTNAME", "0.0.0.0")
	server.Port = api.GetPort()
	server.ReadTimeout = time.Hour // a large upload
	server.WriteTimeout = 0        // a large download
	server.KeepAlive = 3 * time.Minute
	server.GracefulTimeout = 10 * time.Second
	server.CleanupTimeout = 10 * time.Second
	server.MaxHeaderSize = http.DefaultMaxHeaderBytes
	server.SetHandler(onlySingleSignOn(server.GetHandler()))
	return server, nil
}

// onlySingleSignOn closes the two other ways into a session: the key form, through which the root key could sign in
// from a public page, and "/?sts=...", which sets a session cookie for keys that a link brings along (session
// fixation) and drops X-Frame-Options.
func onlySingleSignOn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The library's router cleans the path as it was sent; the decoded form is checked too, to be safe.
		keyLogin := path.Clean(r.URL.EscapedPath()) == loginPath || path.Clean(r.URL.Path) == loginPath
		if r.Method == http.MethodPost && keyLogin || r.URL.Query().Has("sts") {
			http.Error(w, "only single sign-on is allowed here", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func envOr(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
