// Command schema prints the Pulumi schema of the providers named as arguments (of all, without arguments) as one
// JSON object by provider name. The compatibility test compares the program's inputs with it. It is a program of
// its own so that the plugins need not carry the generator.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"

	"mlflow-platform.local/toolchain/providers/bridged"
)

func main() {
	names := os.Args[1:]
	if len(names) == 0 {
		names = bridged.Names()
	}
	schemas := map[string]pschema.PackageSpec{}
	for _, name := range names {
		schema, err := schemaOf(name)
		if err != nil {
			fmt.Fprintf(os.Stderr, "schema of %s: %v\n", name, err)
			os.Exit(1)
		}
		schemas[name] = schema
	}
	if err := json.NewEncoder(os.Stdout).Encode(schemas); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// schemaOf generates one schema. The generator's remarks on missing documentation are dropped.
func schemaOf(name string) (pschema.PackageSpec, error) {
	provider, err := bridged.New(name)
	if err != nil {
		return pschema.PackageSpec{}, err
	}
	quiet := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	return tfgen.GenerateSchema(provider.Info, quiet)
}
