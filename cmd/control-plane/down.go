// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane/bootstrap"
)

func newDownCommand() *cobra.Command {
	var dataDir string
	cmd := &cobra.Command{
		Use:   "down --data-dir DIR",
		Short: "Stop the control plane that serves a data directory",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			return down(bootstrap.Dir(dataDir))
		},
	}
	requireDataDir(cmd, &dataDir)
	return cmd
}

func newKubeconfigCommand() *cobra.Command {
	var dataDir string
	cmd := &cobra.Command{
		Use:   "kubeconfig --data-dir DIR",
		Short: "Print the admin's kubeconfig of a data directory",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			raw, err := kubeconfig(bootstrap.Dir(dataDir))
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(raw)
			return err
		},
	}
	requireDataDir(cmd, &dataDir)
	return cmd
}

func requireDataDir(cmd *cobra.Command, dataDir *string) {
	cmd.Flags().StringVar(dataDir, "data-dir", "", "the directory given to up")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if *dataDir == "" {
			return usageError{errors.New("--data-dir is required")}
		}
		return nil
	}
}

// down asks the process of a directory to stop and waits until it has. One
// that is stopped already is fine.
func down(dir bootstrap.Dir) error {
	pid, err := servedBy(dir)
	if err != nil || pid == 0 {
		return err
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	if err := process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop process %d: %w", pid, err)
	}
	deadline := time.Now().Add(stopTimeout + 5*time.Second)
	for time.Now().Before(deadline) {
		pid, err := servedBy(dir)
		if pid == 0 || errors.Is(err, os.ErrNotExist) { // a temporary one removes itself
			return nil
		}
		if err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("process %d does not stop; see %s", pid, dir.Log())
}

// servedBy is the process that holds the directory's lock, 0 if none does. The
// lock, not the number in the file, says whether it runs: numbers are used again.
func servedBy(dir bootstrap.Dir) (pid int, err error) {
	if _, err := os.Stat(dir.PID()); err != nil {
		return 0, fmt.Errorf("not the data directory of a control plane: %w", err)
	}
	lock, err := bootstrap.TryLock(dir.PID())
	if err == nil {
		return 0, lock.Release()
	}
	if !errors.Is(err, bootstrap.ErrLocked) {
		return 0, err
	}
	raw, err := os.ReadFile(dir.PID())
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(raw)))
}

// kubeconfig is the admin's, made anew: up may have been told to write it
// outside the directory.
func kubeconfig(dir bootstrap.Dir) ([]byte, error) {
	port := dir.SavedPort()
	if port == 0 {
		return nil, fmt.Errorf("%s has not been served yet", dir)
	}
	return dir.Kubeconfig(port)
}
