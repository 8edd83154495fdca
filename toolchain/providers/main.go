// Command providers is every provider plugin of this project in one program. It serves the provider that its own
// file name asks for, pulumi-resource-<provider>, which is the name under which Pulumi starts a plugin; the same
// program is therefore laid out once per provider, as hard links.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mlflow-platform.local/toolchain/providers/bridged"
)

func main() {
	name := strings.TrimPrefix(filepath.Base(os.Args[0]), "pulumi-resource-")
	provider, err := bridged.New(name)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[0], err)
		os.Exit(2)
	}
	provider.Serve(context.Background())
}
