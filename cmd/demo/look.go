// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// replaced waits for the host's own event.
func (s *story) replaced(ctx context.Context) error {
	return s.until(ctx, func() (string, error) {
		return s.showEvent(ctx, metav1.NamespaceSystem, "PluginReplaced", changedPlugin)
	})
}

// event waits for an event of the controller that has the text.
func (s *story) event(ctx context.Context, text string) error {
	s.command("get events --field-selector reason=SuccessfulCreate")
	return s.until(ctx, func() (string, error) { return s.showEvent(ctx, namespace, "SuccessfulCreate", text) })
}

func (s *story) showEvent(ctx context.Context, namespace, reason, text string) (missing string, err error) {
	events, err := s.client.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{FieldSelector: "reason=" + reason})
	if err != nil {
		return "", err
	}
	for _, e := range events.Items {
		if strings.Contains(e.Message, text) {
			s.say("  %s  %s  %s/%s  %s", e.Type, e.Reason, strings.ToLower(e.InvolvedObject.Kind), e.InvolvedObject.Name, e.Message)
			return "", nil
		}
	}
	return fmt.Sprintf("none of %d events with reason %s says %q", len(events.Items), reason, text), nil
}

// settle waits until the controller has as many ready pods, no more and no
// fewer, and shows them.
func (s *story) settle(ctx context.Context, replicas int) (pods []corev1.Pod, err error) {
	err = s.until(ctx, func() (string, error) {
		rc, err := s.client.CoreV1().ReplicationControllers(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return "", err
		}
		if pods, err = s.list(ctx); err != nil {
			return "", err
		}
		status := rc.Status
		if len(pods) != replicas || running(pods) != replicas || int(status.Replicas) != replicas ||
			int(status.ReadyReplicas) != replicas || status.ObservedGeneration != rc.Generation {
			return fmt.Sprintf("%d pods of which %d run, status %+v, want %d", len(pods), running(pods), status, replicas), nil
		}
		s.controller(rc)
		s.pods(pods)
		return "", nil
	})
	return pods, err
}

// list returns the pods that the controller's selector selects.
func (s *story) list(ctx context.Context) ([]corev1.Pod, error) {
	list, err := s.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=nginx"})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

func running(pods []corev1.Pod) int {
	n := 0
	for i := range pods {
		if pods[i].Status.Phase == corev1.PodRunning && pods[i].DeletionTimestamp == nil {
			n++
		}
	}
	return n
}

// gone waits until a pod no longer exists.
func (s *story) gone(ctx context.Context, pod string) error {
	return s.until(ctx, func() (string, error) {
		list, err := s.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return "", err
		}
		if hasPod(list.Items, pod) {
			return "pod " + pod + " is still there", nil
		}
		return "", nil
	})
}

func hasPod(pods []corev1.Pod, name string) bool {
	return slices.ContainsFunc(pods, func(p corev1.Pod) bool { return p.Name == name })
}

// until asks again and again until nothing is missing any more.
func (s *story) until(ctx context.Context, look func() (missing string, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		missing, err := look()
		if err != nil || missing == "" {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %s: %s", patience, missing)
		case <-tick.C:
		}
	}
}
