// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// screen is what the user sees. Failed writes are not looked at: there is
// nobody left to tell.
type screen struct {
	out   io.Writer
	start time.Time
}

func (s *screen) title(text string) {
	if s.start.IsZero() {
		s.start = time.Now()
	}
	fmt.Fprintf(s.out, "\n== %s (%.1fs)\n", text, time.Since(s.start).Seconds())
}

// say prints a line of the narrator.
func (s *screen) say(format string, arguments ...any) {
	fmt.Fprintf(s.out, "   "+format+"\n", arguments...)
}

// command prints what a user would type for the request that follows.
func (s *screen) command(format string, arguments ...any) {
	fmt.Fprintf(s.out, "\n   $ kubectl "+format+"\n", arguments...)
}

// pods prints pods as kubectl does.
func (s *screen) pods(pods []corev1.Pod) {
	w := tabwriter.NewWriter(s.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "     NAME\tREADY\tSTATUS\tNODE\tLABELS")
	for i := range pods {
		p := &pods[i]
		fmt.Fprintf(w, "     %s\t%s\t%s\t%s\t%s\n", p.Name, readiness(p), phase(p), p.Spec.NodeName, labelText(p.Labels))
	}
	_ = w.Flush()
}

func readiness(p *corev1.Pod) string {
	ready := 0
	for _, c := range p.Status.ContainerStatuses {
		if c.Ready {
			ready++
		}
	}
	return fmt.Sprintf("%d/%d", ready, len(p.Spec.Containers))
}

func phase(p *corev1.Pod) string {
	if p.DeletionTimestamp != nil {
		return "Terminating"
	}
	return string(p.Status.Phase)
}

func labelText(labels map[string]string) string {
	var pairs []string
	for key, value := range labels {
		pairs = append(pairs, key+"="+value)
	}
	if len(pairs) == 0 {
		return "<none>"
	}
	return strings.Join(pairs, ",")
}

// controller prints a ReplicationController as kubectl does.
func (s *screen) controller(rc *corev1.ReplicationController) {
	w := tabwriter.NewWriter(s.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "     NAME\tDESIRED\tCURRENT\tREADY")
	fmt.Fprintf(w, "     %s\t%d\t%d\t%d\n", rc.Name, *rc.Spec.Replicas, rc.Status.Replicas, rc.Status.ReadyReplicas)
	_ = w.Flush()
}
