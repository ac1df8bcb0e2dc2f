// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// buildControlPlane builds etcd and kube-apiserver and shows that it goes on:
// the first build takes minutes.
func buildControlPlane(ctx context.Context, s *screen) error {
	start := time.Now()
	s.say("building the local control plane: etcd and kube-apiserver; the first time this takes minutes")
	progress := &packages{screen: s, start: start, next: time.Now().Add(5 * time.Second)}
	if _, err := controlplane.Build(ctx, progress); err != nil {
		return err
	}
	s.say("built in %s", time.Since(start).Round(time.Second))
	return nil
}

// packages counts the lines of go build -v, one for each package that it
// compiles, and shows the count from time to time.
type packages struct {
	screen *screen
	start  time.Time
	next   time.Time
	count  int
}

func (p *packages) Write(b []byte) (int, error) {
	p.count += bytes.Count(b, []byte("\n"))
	if now := time.Now(); now.After(p.next) {
		p.next = now.Add(5 * time.Second)
		p.screen.say("  %4d packages compiled, %s", p.count, time.Since(p.start).Round(time.Second))
	}
	return len(b), nil
}

// hostProcess is the host, run as its users run it.
type hostProcess struct {
	command *exec.Cmd
	plugins string        // its plugin directory
	log     string        // the file with its log
	address string        // of its plain listener
	done    chan struct{} // closed when the process has ended
	err     error         // how it ended; read after done
}

// changedPlugin is the plugin whose code the story changes, changedFile and
// changedLine where.
const (
	changedPlugin = "replicationcontroller-controller"
	changedFile   = "plugins/internal/replicas/pods.go"
	changedLine   = `"Created pod: "`
)

// startHost fills a plugin directory with the plugins that make build made,
// and starts the host on it.
func startHost(ctx context.Context, s *screen, folder, kubeconfig string) (*hostProcess, error) {
	h := &hostProcess{
		plugins: filepath.Join(folder, "plugins"), log: filepath.Join(folder, "host.log"), done: make(chan struct{}),
	}
	if err := os.Mkdir(h.plugins, 0o755); err != nil {
		return nil, err
	}
	for _, plugin := range []string{"bin/plugins/" + changedPlugin, "bin/examples/hollow-kubelet"} {
		for _, file := range []string{plugin + ".yaml", plugin + ".wasm"} {
			if err := copyFile(filepath.Join(h.plugins, filepath.Base(file)), file); err != nil {
				return nil, err
			}
		}
		s.say("plugin %s.wasm, with what it is granted in %s.yaml", plugin, filepath.Base(plugin))
	}
	var err error
	if h.address, err = freeAddress(); err != nil {
		return nil, err
	}
	if err := h.start(kubeconfig); err != nil {
		return nil, err
	}
	s.say("wasm-controller-manager runs as process %d, log in %s", h.command.Process.Pid, h.log)
	return h, nil
}

func (h *hostProcess) start(kubeconfig string) error {
	log, err := os.Create(h.log)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has a copy
	h.command = exec.Command("bin/wasm-controller-manager",
		"--kubeconfig="+kubeconfig, "--plugin-dir="+h.plugins,
		"--secure-port=0", "--plain-bind-address="+h.address, "--v=4")
	h.command.Stdout, h.command.Stderr = log, log
	h.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the demo, which then stops it
	if err := h.command.Start(); err != nil {
		return fmt.Errorf("host: %w", err)
	}
	go func() { // ends with the process; stop waits
		h.err = h.command.Wait()
		close(h.done)
	}()
	return nil
}

// stop asks the host to end and waits until it has.
func (h *hostProcess) stop() error {
	if err := h.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-h.done
	if h.err != nil {
		return fmt.Errorf("host: %w\n%w", h.err, h.explain())
	}
	return nil
}

// explain returns the end of the host's log.
func (h *hostProcess) explain() error {
	log, err := os.ReadFile(h.log)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	return fmt.Errorf("the end of the host's log:\n%s", strings.Join(lines[max(0, len(lines)-20):], "\n"))
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String(), nil
}

// copyFile puts a file into place at once, by renaming.
func copyFile(to, from string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	temporary := to + ".new"
	target, err := os.Create(temporary)
	if err != nil {
		return err
	}
	if _, err = io.Copy(target, source); err != nil {
		return errors.Join(err, target.Close())
	}
	if err := target.Close(); err != nil {
		return err
	}
	return os.Rename(temporary, to)
}

// buildChanged compiles the module of all controllers with one line of
// changedFile replaced, and puts it in place of the one that runs. The
// repository is not touched: the go command overlays the file.
func buildChanged(ctx context.Context, folder, plugins, from, to string) error {
	source, err := filepath.Abs(changedFile)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	if !bytes.Contains(text, []byte(from)) {
		return fmt.Errorf("%s does not contain %q any more", source, from)
	}
	changed := filepath.Join(folder, "pods.go")
	if err := os.WriteFile(changed, bytes.ReplaceAll(text, []byte(from), []byte(to)), 0o600); err != nil {
		return err
	}
	overlay := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(overlay, fmt.Appendf(nil, "{\"Replace\": {%q: %q}}", source, changed), 0o600); err != nil {
		return err
	}
	module := filepath.Join(folder, "changed.wasm")
	command := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-buildmode=c-shared", "-trimpath",
		"-ldflags=-s -w", "-o", module, "./plugins/bundle")
	command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the changed plugin: %w\n%s", err, output)
	}
	return copyFile(filepath.Join(plugins, changedPlugin+".wasm"), module)
}
