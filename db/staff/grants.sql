-- What the staff worker may do with its tables.
GRANT SELECT, INSERT, UPDATE ON coralserve_staff.staff_members, coralserve_staff.shifts, coralserve_staff.attendance,
    coralserve_staff.task_categories, coralserve_staff.tasks TO coralserve_staff;
