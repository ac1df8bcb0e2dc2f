// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package benchtest

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
)

// Start builds and starts the command bench/benchtest/apiserver, which ends with the
// benchmark, and returns a configuration that reaches it.
func Start(b *testing.B, arguments ...string) *rest.Config {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "apiserver")
	build := exec.Command("go", "build", "-o", binary, "./bench/benchtest/apiserver")
	build.Dir = hosttest.Root()
	if output, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build the API server: %v\n%s", err, output)
	}
	command := exec.Command(binary, arguments...)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = stdin.Close()
		_ = command.Wait()
	})
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatalf("the API server does not say where it is: %v", err)
	}
	return &rest.Config{Host: strings.TrimSpace(url), TLSClientConfig: rest.TLSClientConfig{Insecure: true}}
}
