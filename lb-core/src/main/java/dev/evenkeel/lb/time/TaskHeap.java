package dev.evenkeel.lb.time;

import java.util.Arrays;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tasks by due time, and by the order in which they came where that is the same.
 *
 * <p>A heap in which each parent has four children: half as deep as one with two, and the keys that a step down compares lie side by
 * side in memory. They are kept apart from the tasks, so that comparing touches no task. A simulation spends much of its time here.
 *
 * @param <T> what is kept
 */
final class TaskHeap<T> {
    private static final int CHILDREN = 4;

    private long[] dues = new long[16];
    private long[] orders = new long[16];
    private @Nullable Object[] tasks = new @Nullable Object[16];
    private int size;
    private long added;

    void add(long due, T task) {
        if (size == dues.length) {
            dues = Arrays.copyOf(dues, size * 2);
            orders = Arrays.copyOf(orders, size * 2);
            tasks = Arrays.copyOf(tasks, size * 2);
        }
        long order = added++;
        int hole = size++;
        while (hole > 0) {
            int parent = (hole - 1) / CHILDREN;
            if (dues[parent] <= due) { // what came before and is due at the same time goes first
                break;
            }
            move(parent, hole);
            hole = parent;
        }
        put(hole, due, order, task);
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Returns when the first task is due; there must be one. */
    long firstDue() {
        return dues[0];
    }

    /** Takes the first task out; there must be one. */
    T removeFirst() {
        T first = task(0);
        size--;
        long due = dues[size];
        long order = orders[size];
        T last = task(size);
        tasks[size] = null;
        if (size > 0) {
            sink(due, order, last);
        }
        return first;
    }

    int count(Predicate<T> wanted) {
        int count = 0;
        for (int i = 0; i < size; i++) {
            count += wanted.test(task(i)) ? 1 : 0;
        }
        return count;
    }

    /** Puts a task into the hole at the top, and moves up what goes before it. */
    private void sink(long due, long order, T task) {
        int hole = 0;
        while (true) {
            int firstChild = hole * CHILDREN + 1;
            if (firstChild >= size) {
                break;
            }
            int least = firstChild;
            int end = Math.min(size, firstChild + CHILDREN);
            for (int child = firstChild + 1; child < end; child++) {
                if (isBefore(dues[child], orders[child], dues[least], orders[least])) {
                    least = child;
                }
            }
            if (isBefore(due, order, dues[least], orders[least])) {
                break;
            }
            move(least, hole);
            hole = least;
        }
        put(hole, due, order, task);
    }

    private static boolean isBefore(long due, long order, long otherDue, long otherOrder) {
        return due < otherDue || (due == otherDue && order < otherOrder);
    }

    private void move(int from, int to) {
        dues[to] = dues[from];
        orders[to] = orders[from];
        tasks[to] = tasks[from];
    }

    private void put(int index, long due, long order, T task) {
        dues[index] = due;
        orders[index] = order;
        tasks[index] = task;
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // below size, every slot holds what add put there
    private T task(int index) {
        return (T) tasks[index];
    }
}
