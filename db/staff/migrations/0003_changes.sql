-- Back-office tables of the staff service whose row changes are told to audit (R70). Frozen: a change is a new revision.

CALL coralserve_staff.watch('coralserve_staff.staff_members');
CALL coralserve_staff.watch('coralserve_staff.shifts');
CALL coralserve_staff.watch('coralserve_staff.attendance');
CALL coralserve_staff.watch('coralserve_staff.task_categories');
CALL coralserve_staff.watch('coralserve_staff.tasks');
