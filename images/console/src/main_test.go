package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestOnlySingleSignOn(t *testing.T) {
	handler := onlySingleSignOn(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	for _, test := range []struct {
		method, target string
		want           int
	}{
		{http.MethodPost, "/api/v1/login", http.StatusForbidden},
		{http.MethodPost, "/api/v1/login/", http.StatusForbidden},
		{http.MethodPost, "//api/v1/./login", http.StatusForbidden},
		{http.MethodPost, "/api/v1/a%2Fb/../login", http.StatusForbidden},
		{http.MethodPost, "/api/v1/%6Cogin", http.StatusForbidden},
		{http.MethodGet, "/?sts=a&sts_a=b&sts_s=c", http.StatusForbidden},
		{http.MethodGet, "/?sts", http.StatusForbidden},
		{http.MethodGet, "/api/v1/login", http.StatusNoContent},
		{http.MethodPost, "/api/v1/login/oauth2/auth", http.StatusNoContent},
		{http.MethodGet, "/oauth_callback?code=a&state=b", http.StatusNoContent},
		{http.MethodGet, "/", http.StatusNoContent},
	} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(test.method, test.target, nil))
		if answer.Code != test.want {
			t.Errorf("%s %s: got %d, want %d", test.method, test.target, answer.Code, test.want)
		}
	}
}

func TestCheckEnvironmentNamesAllThatIsMissing(t *testing.T) {
	for _, name := range required {
		t.Setenv(name, "set")
	}
	if err := checkEnvironment(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CONSOLE_IDP_URL", "")
	t.Setenv("CONSOLE_PBKDF_SALT", "")
	err := checkEnvironment()
	if err == nil || !strings.Contains(err.Error(), "CONSOLE_PBKDF_SALT, CONSOLE_IDP_URL") {
		t.Fatalf("got %v", err)
	}
}
